/** What stands around every screen: who is signed in, the search that is always there, the ways to go. */
import {
  Button,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components';
import {
  Alert20Regular,
  Apps20Regular,
  Branch20Regular,
  ClipboardTaskListLtr20Regular,
  Gauge20Regular,
  Home20Regular,
  Info20Regular,
  Mail20Regular,
  Navigation24Regular,
  People20Regular,
  PlugConnected20Regular,
  Search20Regular,
} from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, type SubmitEvent, Suspense, useContext, useState } from 'react';
import { NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { client, done } from './api.ts';
import { Loading, To, Trouble } from './parts/small.tsx';
import { ThemeChoice } from './parts/theme-choice.tsx';
import { type Me, MeContext, type Session, sessionKey, useMay, useSession } from './session.ts';
import { texts } from './texts.ts';
import { useMedia } from './theme.ts';

const SignIn = lazy(() => import('./screens/sign-in.tsx'));
const phoneQuery = '(max-width: 600px)';
const phone = '@media (max-width: 600px)';
const narrow = '@media (max-width: 900px)';

const useStyles = makeStyles({
  skip: {
    position: 'absolute',
    left: '-10000px',
    ':focus': { left: tokens.spacingHorizontalM, top: tokens.spacingVerticalM, zIndex: 1 },
  },
  top: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  product: { fontWeight: tokens.fontWeightSemibold, fontSize: tokens.fontSizeBase400 },
  search: { flexGrow: 1, maxWidth: '480px', minWidth: '180px', display: 'flex', gap: tokens.spacingHorizontalXS },
  // Below the name and the way out, over the whole width.
  searchPlace: { [phone]: { order: 3, flexBasis: '100%', maxWidth: 'none' } },
  themeInMenu: { padding: tokens.spacingHorizontalS },
  grow: { flexGrow: 1 },
  account: {
    marginLeft: 'auto',
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    alignItems: 'center',
  },
  body: { display: 'flex', [narrow]: { flexDirection: 'column' } },
  nav: {
    display: 'flex',
    flexDirection: 'column',
    width: '200px',
    flexShrink: 0,
    padding: tokens.spacingHorizontalM,
    [narrow]: { width: 'auto' },
  },
  navClosed: { [narrow]: { display: 'none' } },
  menuButton: { display: 'none', [narrow]: { display: 'inline-flex' } },
  group: { color: tokens.colorNeutralForeground2, padding: tokens.spacingHorizontalS },
  link: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    padding: tokens.spacingHorizontalS,
    borderRadius: tokens.borderRadiusMedium,
    ':hover': {
      color: tokens.colorNeutralForeground1Hover,
      backgroundColor: tokens.colorNeutralBackground1Hover,
    },
  },
  inner: { marginLeft: tokens.spacingHorizontalL },
  here: {
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground1Selected,
    backgroundColor: tokens.colorNeutralBackground1Selected,
    boxShadow: `inset 3px 0 ${tokens.colorBrandForeground1}`,
  },
  main: {
    flexGrow: 1,
    minWidth: 0,
    minHeight: 'calc(100vh - 49px)',
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground3,
    padding: tokens.spacingHorizontalXL,
    [narrow]: { padding: tokens.spacingHorizontalM },
  },
});

/**
 * Shows the screens to whoever is signed in, and the sign-in to everybody else, at the same address. When a session ends
 * under somebody, the screen stays behind the sign-in, with what was typed there, and comes back for the same user.
 */
export function Gate() {
  const session = useSession();
  const [last, setLast] = useState<Me>();
  const user = session.data?.user ?? undefined;
  if (user && (user.id !== last?.id || user.role !== last.role || user.name !== last.name)) setLast(user);
  if (session.data === undefined)
    return session.isPending ? <Loading /> : <Trouble error={session.error} onRetry={() => session.refetch()} />;
  const { inUse, entra } = session.data;
  const shown = user ?? last;
  return (
    <>
      {user ? null : (
        <Suspense fallback={<Loading />}>
          <SignIn inUse={inUse} entra={entra} ended={last !== undefined} />
        </Suspense>
      )}
      {shown ? (
        <MeContext key={shown.id} value={shown}>
          <div hidden={user === undefined}>
            <Shell away={session.isError || session.failureCount > 0} onSignOut={() => setLast(undefined)} />
          </div>
        </MeContext>
      ) : null}
    </>
  );
}

function Shell({ away, onSignOut }: { away: boolean; onSignOut: () => void }) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  return (
    <>
      <a className={styles.skip} href="#main">
        {texts.skip}
      </a>
      <header className={styles.top}>
        <Button
          className={styles.menuButton}
          icon={<Navigation24Regular />}
          appearance="subtle"
          aria-label={texts.nav.open}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        />
        <span className={styles.product}>{texts.product}</span>
        <Search />
        <Account onSignOut={onSignOut} />
      </header>
      <div className={styles.body}>
        <Navigation open={open} onGone={() => setOpen(false)} />
        <main id="main" className={styles.main}>
          {away ? (
            <MessageBar intent="warning">
              <MessageBarBody>{texts.away}</MessageBarBody>
            </MessageBar>
          ) : null}
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
    </>
  );
}

function Search() {
  const styles = useStyles();
  const navigate = useNavigate();
  const [q, setQ] = useState('');
  const go = (event: SubmitEvent) => {
    event.preventDefault();
    navigate(`/messages?${new URLSearchParams({ q: q.trim() })}`);
  };
  return (
    <search className={mergeClasses(styles.search, styles.searchPlace)}>
      <form onSubmit={go} className={styles.search}>
        <Input
          className={styles.grow}
          type="search"
          value={q}
          onChange={(_event, { value }) => setQ(value)}
          placeholder={texts.search.placeholder}
          aria-label={texts.search.label}
        />
        <Button type="submit" icon={<Search20Regular />} aria-label={texts.search.label} />
      </form>
    </search>
  );
}

function Account({ onSignOut }: { onSignOut: () => void }) {
  const styles = useStyles();
  const me = useContext(MeContext);
  const queries = useQueryClient();
  const signOut = async () => {
    await done(client.DELETE('/api/session')).catch(() => undefined);
    queries.setQueryData<Session>(sessionKey, (known) => known && { ...known, user: null });
    onSignOut();
    // Nothing that one user saw is left for the next.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    await queries.invalidateQueries({ queryKey: sessionKey });
  };
  return (
    <div className={styles.account}>
      {useMedia(phoneQuery) ? null : <ThemeChoice />}
      {me ? (
        <span title={texts.account.signedInAs(me.name, texts.roles[me.role])}>
          <To to="/own">{me.name}</To>
        </span>
      ) : null}
      <Button onClick={signOut}>{texts.account.signOut}</Button>
    </div>
  );
}

function Navigation({ open, onGone }: { open: boolean; onGone: () => void }) {
  const styles = useStyles();
  const isAdministrator = useMay('administrator');
  // The manual's place and the short one are one screen.
  const isConnector = useLocation().pathname.startsWith('/connectors/');
  const link = (to: string, text: string, icon: ReactNode, inner = false) => (
    <NavLink
      to={to}
      end={to === '/'}
      onClick={onGone}
      aria-current={inner && isConnector ? 'page' : undefined}
      className={({ isActive }) =>
        mergeClasses(styles.link, inner && styles.inner, (isActive || (inner && isConnector)) && styles.here)
      }
    >
      {icon}
      {text}
    </NavLink>
  );
  return (
    <nav aria-label={texts.nav.label} className={mergeClasses(styles.nav, !open && styles.navClosed)}>
      {link('/', texts.nav.overview, <Home20Regular />)}
      {link('/messages', texts.nav.messages, <Mail20Regular />)}
      <span className={styles.group}>{`${texts.nav.settings} › ${texts.nav.connectors}`}</span>
      {link('/connectors/smtp', texts.nav.smtp, <PlugConnected20Regular />, true)}
      {link('/clients', texts.nav.clients, <Apps20Regular />)}
      {link('/routes', texts.nav.routes, <Branch20Regular />)}
      {link('/alerts', texts.nav.alerts, <Alert20Regular />)}
      {link('/limits', texts.nav.limits, <Gauge20Regular />)}
      {isAdministrator ? link('/audit', texts.nav.audit, <ClipboardTaskListLtr20Regular />) : null}
      {isAdministrator ? link('/users', texts.nav.users, <People20Regular />) : null}
      {link('/about', texts.nav.about, <Info20Regular />)}
      {useMedia(phoneQuery) ? (
        <div className={styles.themeInMenu}>
          <ThemeChoice />
        </div>
      ) : null}
    </nav>
  );
}
