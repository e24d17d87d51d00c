/** Stands where one sees no app: who can change that, and how. */
import { Empty } from '../parts/states-of-view.tsx';
import { mayUser } from '../state/account.ts';
import { linkTo } from '../state/address.ts';
import { useAddress, useApps, useMe, useWorkspace } from '../state/workspace.ts';

export function NoApp() {
  const me = useMe();
  const { view } = useAddress();
  const { again } = useApps();
  const { account } = useWorkspace();
  if (mayUser(me, 'apps.manage', undefined)) {
    return (
      <Empty title="There is no app yet">
        <p>An app is one website. Make one, paste its snippet into your pages, and its visits show here as they happen.</p>
        <a class="button main" href={linkTo(view, '/settings/apps')}>
          New app
        </a>
      </Empty>
    );
  }
  return (
    <Empty title="You see no app yet">
      <p>
        An owner of this installation, or an admin of one of its apps, can give you a role in it. Tell them the address that you sign in
        with: <strong>{me.email}</strong>
      </p>
      <button
        type="button"
        class="main"
        onClick={() => {
          void account.check();
          again();
        }}
      >
        Look again
      </button>
    </Empty>
  );
}
