/** An event in a few words, for the list beside the replay. */
import type { Event, EventOf } from '../../../engine/protocol/events.ts';
import { formatDuration, formatUrl } from '../../look/format.ts';

/** What happened, and to what. */
export function eventWords(event: Event): string {
  switch (event.kind) {
    case 'start':
      return `Page loaded${event.title === '' ? '' : `: ${event.title}`}`;
    case 'click':
      return `Clicked ${targetWords(event)}`;
    case 'hover':
      return `Hovered ${targetWords(event)}, ${formatDuration(event.dwellMs)}`;
    case 'urlchange':
      return `Went to ${formatUrl(event.to, 'path')} after ${formatDuration(event.elapsedMs)}`;
    case 'leave':
      return `Left the page after ${formatDuration(event.elapsedMs)}`;
    case 'error':
      return `Error: ${event.message}`;
    case 'custom':
      return `Event ${event.name}`;
    case 'identify':
      return 'Identified by the site';
    case 'vital':
      return `${event.name} ${event.value}`;
    case 'rage':
      return `Clicked ${targetWords(event)} ${event.count} times in anger`;
    case 'dead':
      return `Clicked ${targetWords(event)}: nothing happened`;
    case 'form':
      return formWords(event);
    case 'link':
      return event.what === 'download' ? `Downloaded ${formatUrl(event.href, 'path')}` : `Left for ${event.href}`;
    case 'innerscroll':
      return `Scrolled within ${event.target}`;
    case 'engaged':
      return `Looked at the page for ${formatDuration(event.engagedMs)}`;
    case 'move':
      return 'Moved';
    case 'scroll':
      return `Scrolled to ${event.top} px`;
    case 'layout':
      return 'Layout';
    case 'dom':
    case 'dompack':
      return 'Recorded DOM';
    case 'configured':
      return configuredWords(event);
  }
}

function configuredWords({ moveSampleMs, recording, paused, mask }: EventOf<'configured'>): string {
  if (paused === 1) return 'Capturing paused';
  const more = [recording === 1 ? ', recording the page' : '', mask === '' ? '' : `, ${mask} masked`];
  return `Capturing with a sample every ${formatDuration(moveSampleMs)}${more.join('')}`;
}

const FORM_STEPS: Readonly<Record<string, string>> = {
  focus: 'Began',
  change: 'Filled in',
  submit: 'Sent',
  abandon: 'Gave up',
};

function formWords({ form, field, step, elapsedMs }: EventOf<'form'>): string {
  const after = elapsedMs > 0 ? ` after ${formatDuration(elapsedMs)}` : '';
  return `${FORM_STEPS[step] ?? step} ${field === '' ? `the form ${form}` : field}${after}`;
}

function targetWords({ text, tag, target }: { readonly text: string; readonly tag: string; readonly target: string }): string {
  return text === '' ? target || tag || 'the page' : `“${text}”`;
}
