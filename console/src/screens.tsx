/** Where each screen is; each is loaded when it is first opened. */
import type { RouteObject } from 'react-router';
import { Page } from './parts/small.tsx';
import { Gate } from './shell.tsx';
import { texts } from './texts.ts';

const connector = () => import('./screens/connector.tsx');

export const screens: RouteObject = {
  path: '/',
  children: [
    { path: 'first-run', lazy: () => import('./screens/first-run.tsx') },
    {
      element: <Gate />,
      children: [
        { index: true, lazy: () => import('./screens/overview.tsx') },
        { path: 'messages', lazy: () => import('./screens/messages.tsx') },
        { path: 'messages/:id', lazy: () => import('./screens/message.tsx') },
        { path: 'connectors/smtp', lazy: connector },
        // The place that the printed manual names.
        { path: 'connectors/SMTP.aspx', lazy: connector },
        { path: 'clients', lazy: () => import('./screens/clients.tsx') },
        { path: 'routes', lazy: () => import('./screens/routes.tsx') },
        { path: 'alerts', lazy: () => import('./screens/alerts.tsx') },
        { path: 'limits', lazy: () => import('./screens/limits.tsx') },
        { path: 'audit', lazy: () => import('./screens/audit.tsx') },
        { path: 'own', lazy: () => import('./screens/own.tsx') },
        { path: 'users', lazy: () => import('./screens/users.tsx') },
        { path: 'about', lazy: () => import('./screens/about.tsx') },
        { path: '*', element: <Page title={texts.notFound}>{null}</Page> },
      ],
    },
  ],
};

/** When a screen cannot be shown at all, such as one whose file a new version has replaced. */
export function Crashed() {
  return (
    <main>
      <h1>{texts.unknownFault}</h1>
      <button type="button" onClick={() => location.reload()}>
        {texts.retryLoad}
      </button>
    </main>
  );
}
