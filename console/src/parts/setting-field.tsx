/** One field of the settings: what is set, what is fixed and by whom, what is wrong with it. */
import { Field, Input, makeStyles, Select, Textarea, tokens } from '@fluentui/react-components';
import { texts } from '../texts.ts';
import { Copied } from './small.tsx';

const useStyles = makeStyles({
  row: { display: 'flex', gap: tokens.spacingHorizontalXS, alignItems: 'start' },
  // Beside the box, below its label.
  beside: { marginTop: '28px' },
  grow: { flexGrow: 1, minWidth: 0 },
  mono: { fontFamily: tokens.fontFamilyMonospace },
});

interface Wishes {
  readonly label: string;
  readonly value: string;
  /** Place that decides on it; undefined where it may be changed here. */
  readonly fixed?: string | undefined;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly kind?: 'text' | 'password' | 'email' | 'pem' | 'number' | undefined;
  readonly copies?: boolean;
  readonly options?: readonly (readonly [value: string, label: string])[];
  onChange(value: string): void;
}

export function SettingField(wishes: Wishes) {
  const { label, value, fixed, error, hint, placeholder, kind = 'text', options, onChange } = wishes;
  const styles = useStyles();
  const isFixed = fixed !== undefined;
  const said = isFixed ? (fixed === '' ? texts.settings.readOnly : texts.settings.fixedBy(fixed)) : hint;
  const field = (
    <Field
      label={label}
      className={wishes.copies ? styles.grow : undefined}
      {...(said === undefined ? {} : { hint: said })}
      {...(error === undefined ? {} : { validationMessage: error, validationState: 'error' as const })}
    >
      {kind === 'pem' ? (
        <Textarea
          value={value}
          readOnly={isFixed}
          rows={4}
          className={styles.mono}
          placeholder={placeholder}
          spellCheck={false}
          onChange={(_event, data) => onChange(data.value)}
        />
      ) : options && !isFixed ? (
        <Select value={value} onChange={(_event, data) => onChange(data.value)}>
          {options.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </Select>
      ) : (
        <Input
          type={isFixed && kind === 'password' ? 'text' : kind}
          value={options ? (options.find(([each]) => each === value)?.[1] ?? value) : value}
          readOnly={isFixed}
          placeholder={placeholder}
          autoComplete={kind === 'password' ? 'new-password' : 'off'}
          spellCheck={false}
          onChange={(_event, data) => onChange(data.value)}
        />
      )}
    </Field>
  );
  if (!wishes.copies || value === '') return field;
  return (
    <div className={styles.row}>
      {field}
      <span className={styles.beside}>
        <Copied value="" copies={value} what={label} />
      </span>
    </div>
  );
}
