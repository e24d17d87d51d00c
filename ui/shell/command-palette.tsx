/** Everything by typing: Ctrl K or ⌘ K. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useAddress, useApps, useMay, useWorkspace } from '../state/workspace.ts';
import { commandsOf, findCommands } from './commands.ts';

export function CommandPalette({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next paint, and with it the focus: what is typed right behind the shortcut must not be lost.
  useLayoutEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <dialog class="palette" aria-label="Commands" ref={dialog} onClose={close}>
      {isOpen && <Finder done={() => dialog.current?.close()} />}
    </dialog>
  );
}

function Finder({ done }: { done: () => void }) {
  const workspace = useWorkspace();
  const address = useAddress();
  const { apps } = useApps();
  const may = useMay();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const found = findCommands(commandsOf(workspace, address, apps, may), typed);

  const run = (index: number) => {
    const command = found[index];
    if (!command) return;
    done();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      const next = (chosen + step + found.length) % found.length;
      setChosen(next);
      document.getElementById(`command-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(chosen);
    }
  };

  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-label="Find a page, an app or an action"
        aria-expanded="true"
        aria-controls="commands"
        {...(found.length > 0 ? { 'aria-activedescendant': `command-${chosen}` } : {})}
        placeholder="Find a page, an app or an action"
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="commands" class="found" role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input above holds the focus and takes the keys (combobox pattern)
          <div
            key={`${command.kind} ${command.label}`}
            id={`command-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(index)}
          >
            {command.icon && <command.icon size={16} />}
            {command.label}
            <span class="label">{command.kind}</span>
          </div>
        ))}
        {found.length === 0 && (
          <div role="option" tabIndex={-1} aria-selected="false" aria-disabled="true">
            Nothing is called that.
          </div>
        )}
      </div>
    </>
  );
}
