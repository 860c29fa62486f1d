/** The manual's steps beside the portal: where to go, what to do there, what to copy. */
import { Link, makeStyles, tokens } from '@fluentui/react-components';
import { redirectUri } from '../../api.ts';
import { Copied } from '../../parts/small.tsx';
import { texts } from '../../texts.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, margin: 0, maxWidth: '720px' },
  title: { fontWeight: tokens.fontWeightSemibold },
});

/** The worldwide portals; a sovereign cloud's own ones have the same pages. */
const portals = {
  exchange: 'https://admin.exchange.microsoft.com/#/mailboxes',
  register: 'https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade',
  app: 'https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
} as const;

export function Guided() {
  const words = texts.setUp;
  const styles = useStyles();
  return (
    <>
      <p>{words.guidedIntro}</p>
      <ol className={styles.list}>
        {words.steps.map(({ title, link, lines }) => (
          <li key={title}>
            <div className={styles.title}>{title}</div>
            {lines.map((line) => (
              <div key={line}>{line}</div>
            ))}
            {link === 'register' ? (
              <div>
                {words.redirectUri}: <Copied value={redirectUri} what={words.redirectUri} />
              </div>
            ) : null}
            <Link inline href={portals[link]} target="_blank" rel="noreferrer">
              {`${words.openPortal}: ${title}`}
            </Link>
          </li>
        ))}
      </ol>
    </>
  );
}
