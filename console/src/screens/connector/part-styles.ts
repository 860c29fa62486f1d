/** How the parts of a connector's screen stand: one below the other, no wider than can be read, their buttons in a row. */
import { makeStyles, tokens } from '@fluentui/react-components';

export const usePartStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '720px' },
  /** Of a part that stands right under what opened it. */
  below: { marginTop: tokens.spacingVerticalS },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  button: { alignSelf: 'start' },
});
