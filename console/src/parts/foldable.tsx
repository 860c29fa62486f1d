/** A part of a screen behind its title; it opens by itself when something in it is under way, and stays as it was left. */
import { type ReactNode, useEffect, useState } from 'react';

export function Foldable({ title, opens = false, children }: { title: string; opens?: boolean; children: ReactNode }) {
  const [isOpen, setOpen] = useState(opens);
  useEffect(() => {
    if (opens) setOpen(true);
  }, [opens]);
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
