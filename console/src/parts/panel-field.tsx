/** One field of a panel of settings: boxes, a box, a choice, a text, or a secret that is never shown. */
import { Checkbox } from '@fluentui/react-components';
import { texts } from '../texts.ts';
import { Boxes } from './boxes.tsx';
import { SettingField } from './setting-field.tsx';
import type { SettingsItem } from './settings.ts';
import { type FieldSpec, listIn } from './settings-draft.ts';

interface Wishes {
  readonly field: FieldSpec;
  readonly item: SettingsItem | undefined;
  readonly text: string;
  readonly fixed: string | undefined;
  readonly error: string | undefined;
  readonly meanwhile: string | undefined;
  onChange(text: string): void;
}

export function PanelField({ field, item, text, fixed, error, meanwhile, onChange }: Wishes) {
  const { label, options, as, many, hint } = field;
  const said = [meanwhile, hint].filter((each) => each !== undefined).join(' ') || undefined;
  if (many && options) {
    const chosen = listIn(text);
    return (
      <Boxes label={label} hint={fixed ? texts.settings.fixedBy(fixed) : said} error={error}>
        {options.map(([value, words]) => (
          <Checkbox
            key={value}
            label={words}
            disabled={fixed !== undefined}
            checked={chosen.includes(value)}
            onChange={(_event, { checked }) =>
              onChange(
                options
                  .map(([each]) => each)
                  .filter((each) => (each === value ? checked === true : chosen.includes(each)))
                  .join(', '),
              )
            }
          />
        ))}
      </Boxes>
    );
  }
  if (as === 'flag')
    return (
      <Checkbox
        label={fixed ? `${label} (${texts.settings.fixedBy(fixed)})` : label}
        disabled={fixed !== undefined}
        checked={text === 'true'}
        onChange={(_event, { checked }) => onChange(checked === true ? 'true' : 'false')}
      />
    );
  const isSet = item?.secrets.includes(field.key) ?? false;
  const isSecret = as === 'secret';
  return (
    <SettingField
      label={label}
      value={isSecret && fixed !== undefined && isSet ? texts.settings.secretSet : text}
      fixed={fixed}
      hint={said}
      error={error}
      kind={isSecret ? 'password' : 'text'}
      {...(isSecret && isSet ? { placeholder: texts.settings.secretReplace } : {})}
      {...(options ? { options } : {})}
      onChange={onChange}
    />
  );
}
