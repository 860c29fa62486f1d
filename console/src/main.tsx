/** The console begins: styles that the page's policy allows, theme, server state, screens. */
import { createDOMRenderer, FluentProvider, RendererProvider } from '@fluentui/react-components';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { baseUrl, isSignedOut, ProblemError } from './api.ts';
import { Crashed, screens } from './screens.tsx';
import { sessionKey } from './session.ts';
import { ThemeContext, themes, useTheme } from './theme.ts';
import './console.css';

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
const renderer = createDOMRenderer(document, nonce ? { styleElementAttributes: { nonce } } : {});

/** A session that has ended lets the sign-in take the place of the screen; a server that is away shows at once. */
const askAgain = (error: unknown) => {
  if (isSignedOut(error) || error instanceof TypeError) queries.invalidateQueries({ queryKey: sessionKey });
};
const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => (query.queryKey[0] === sessionKey[0] ? undefined : askAgain(error)),
  }),
  mutationCache: new MutationCache({ onError: askAgain }),
  defaultOptions: {
    queries: {
      // A refusal stays one; a server that is away may come back.
      retry: (count, error) => !(error instanceof ProblemError) && count < 2,
      staleTime: 2_000,
    },
  },
});

const router = createBrowserRouter([{ ...screens, errorElement: <Crashed /> }], {
  basename: new URL(baseUrl).pathname,
});

function Console() {
  const theme = useTheme();
  return (
    <RendererProvider renderer={renderer}>
      <ThemeContext value={theme}>
        <FluentProvider theme={themes[theme.shown]} className="mailroom">
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </FluentProvider>
      </ThemeContext>
    </RendererProvider>
  );
}

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <Console />
    </StrictMode>,
  );
