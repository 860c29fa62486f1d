/** The colours: as the system has them, or one's own choice. */
import { Select } from '@fluentui/react-components';
import { texts } from '../texts.ts';
import { themeNames, useThemeChoice } from '../theme.ts';

export function ThemeChoice() {
  const { name, choose } = useThemeChoice();
  return (
    <Select
      aria-label={texts.theme.label}
      value={name}
      onChange={(_event, { value }) => choose(themeNames.find((each) => each === value) ?? 'system')}
    >
      {themeNames.map((each) => (
        <option key={each} value={each}>
          {texts.theme[each]}
        </option>
      ))}
    </Select>
  );
}
