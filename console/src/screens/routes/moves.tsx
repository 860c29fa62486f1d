/** Moves a route up and down among those that the console has. The focus stays on what was pressed, in its new place. */
import { Button } from '@fluentui/react-components';
import { ArrowDown16Regular, ArrowUp16Regular } from '@fluentui/react-icons';
import { useEffect, useRef } from 'react';
import { type Settings, useOrder } from '../../parts/settings.ts';
import { Trouble } from '../../parts/small.tsx';
import { useMay } from '../../session.ts';
import { texts } from '../../texts.ts';

export function Moves({
  settings,
  name,
  onTold,
}: {
  settings: Settings;
  name: string;
  onTold: (text: string) => void;
}) {
  const words = texts.routes;
  const may = useMay('administrator');
  const order = useOrder('routes', settings.version);
  const row = useRef<HTMLSpanElement>(null);
  const pressed = useRef<'up' | 'down'>(undefined);
  const own = settings.items.flatMap((each) => (each.fixedBy === undefined ? [each.name] : []));
  const place = own.indexOf(name);
  // A row that takes another place loses the focus on the way.
  useEffect(() => {
    if (place >= 0 && pressed.current && document.activeElement === document.body)
      row.current?.querySelectorAll('button')[pressed.current === 'up' ? 0 : 1]?.focus();
  });
  if (!may || place === -1 || own.length < 2) return null;
  const move = (way: 'up' | 'down') => {
    const to = way === 'up' ? place - 1 : place + 1;
    if (order.isPending || to < 0 || to >= own.length) return;
    pressed.current = way;
    const rest = own.filter((each) => each !== name);
    const fixed = settings.items.length - own.length;
    order.mutate([...rest.slice(0, to), name, ...rest.slice(to)], {
      onSuccess: () => onTold(words.moved(name, fixed + to + 1, settings.items.length)),
    });
  };
  return (
    <span ref={row}>
      <Button
        size="small"
        appearance="subtle"
        icon={<ArrowUp16Regular />}
        aria-label={words.upOf(name)}
        title={words.up}
        disabledFocusable={place === 0}
        onClick={() => move('up')}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<ArrowDown16Regular />}
        aria-label={words.downOf(name)}
        title={words.down}
        disabledFocusable={place === own.length - 1}
        onClick={() => move('down')}
      />
      <Trouble error={order.error} />
    </span>
  );
}
