/** All apps of the installation, and how a new one is made. */
import { useEffect, useState } from 'preact/hooks';
import { timeZone as zoneOfBrowser } from '../../look/format.ts';
import { Field } from '../../parts/field.tsx';
import { Empty } from '../../parts/states-of-view.tsx';
import { linkTo } from '../../state/address.ts';
import { createApp } from '../../state/settings-api.ts';
import { useAddress, useApps } from '../../state/workspace.ts';
import { suggestKey } from './app-key.ts';
import { OriginsField, withTyped } from './origins-field.tsx';
import { Part } from './part.tsx';
import { TimeZoneField } from './time-zone-field.tsx';
import { isTimeZone } from './time-zones.ts';
import { OrderNote, useOrder } from './use-order.tsx';

export function AppsPart() {
  return (
    <>
      <AppList />
      <NewApp />
    </>
  );
}

function AppList() {
  const { apps } = useApps();
  const { view } = useAddress();
  if (apps.length === 0) {
    return (
      <Empty title="There is no app yet">
        <p>An app is one website: it has a name, the origins of its pages, and people who may see it. Make the first one here.</p>
      </Empty>
    );
  }
  return (
    <Part title="Apps">
      <ul class="rows">
        {apps.map((app) => (
          <li key={app.key}>
            <div class="what">
              <a href={linkTo({ ...view, app: app.key }, '/settings/app')}>{app.name}</a> <code class="quiet">{app.key}</code>
              <span class="label">{app.origins.length === 0 ? 'no origins' : app.origins.join(', ')}</span>
            </div>
            <span class={app.state === 'archived' ? 'badge' : 'badge is-good'}>{app.state}</span>
            <a class="button" href={linkTo({ ...view, app: app.key }, '/settings/install')}>
              Snippet<span class="hidden-text"> of {app.name}</span>
            </a>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function NewApp() {
  const { apps, again } = useApps();
  const { view, go } = useAddress();
  const order = useOrder();
  const [name, setName] = useState('');
  const [typedKey, setTypedKey] = useState<string>();
  const [origins, setOrigins] = useState<string[]>([]);
  const [origin, setOrigin] = useState('');
  const [timeZone, setTimeZone] = useState(zoneOfBrowser);
  const key = typedKey ?? suggestKey(name);
  const isTaken = apps.some((app) => app.key === key);
  const [made, setMade] = useState('');
  const goOn = (app: string) => go(linkTo({ ...view, app }, '/settings/install'));
  // Not before it is in the list: another app's snippet would stand there for a moment.
  useEffect(() => {
    if (apps.some((app) => app.key === made)) goOn(made);
  }, [apps, made]);
  const create = () =>
    order.give(
      () => createApp({ ...(key === '' ? {} : { key }), name: name.trim(), origins: withTyped(origins, origin), timeZone }),
      'Made.',
      (made) => {
        again();
        // The first app is shown as soon as it is there, and this page with it anew: nothing is left to wait here.
        if (apps.length === 0) goOn(made.key);
        else setMade(made.key);
      },
    );
  return (
    <Part title="New app">
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isTaken) create();
        }}
      >
        <Field label="Name" required maxLength={80} autocomplete="off" placeholder="Our shop" value={name} onValue={setName} />
        <Field
          label="Key"
          hint="Letters, digits, - and _. It names the app in addresses, for ever."
          problem={isTaken ? 'Another app has this key.' : undefined}
          class="mono"
          pattern="[A-Za-z0-9_\-]{1,64}"
          maxLength={64}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder="made for you"
          value={key}
          onValue={(text) => setTypedKey(text === '' ? undefined : text)}
        />
        <OriginsField
          origins={origins}
          typed={origin}
          change={(next, typed) => {
            setOrigins(next);
            setOrigin(typed);
          }}
        />
        <TimeZoneField value={timeZone} change={setTimeZone} />
        <div class="form-foot">
          <button type="submit" class="main" disabled={order.isBusy || isTaken || !isTimeZone(timeZone)}>
            Make the app
          </button>
        </div>
        <OrderNote order={order} />
      </form>
    </Part>
  );
}
