/** What can be done to an item of the settings in its row, and where it stands when a file has it. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { Delete16Regular, Edit16Regular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useMay } from '../session.ts';
import { texts } from '../texts.ts';
import type { SettingsItem } from './settings.ts';

const useStyles = makeStyles({
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    whiteSpace: 'nowrap',
    '@container (max-width: 960px)': { flexWrap: 'wrap' },
  },
  place: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

interface Wishes {
  /** Undefined as long as it is not known, or where the server keeps no settings. */
  readonly item: SettingsItem | undefined;
  onEdit(name: string): void;
  onRemove(name: string): void;
  readonly children?: ReactNode;
}

export function ItemActions({ item, onEdit, onRemove, children }: Wishes) {
  const styles = useStyles();
  const may = useMay('administrator');
  const words = texts.settings;
  if (!item) return children;
  const { name, fixedBy } = item;
  return (
    <div className={styles.row}>
      {children}
      <Button
        size="small"
        icon={may ? <Edit16Regular /> : null}
        aria-label={may ? words.editOf(name) : words.showOf(name)}
        onClick={() => onEdit(name)}
      >
        {may ? words.edit : words.show}
      </Button>
      {fixedBy === undefined && may ? (
        <Button
          size="small"
          icon={<Delete16Regular />}
          aria-label={words.removeOf(name)}
          onClick={() => onRemove(name)}
        >
          {words.remove}
        </Button>
      ) : null}
      {fixedBy === undefined ? null : <span className={styles.place}>{words.ofFile(fixedBy)}</span>}
    </div>
  );
}
