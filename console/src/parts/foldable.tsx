/** A part of a screen behind its title; it opens by itself when something in it is under way, and stays as it was left. What is in it is made when it is first opened. */
import { type ReactNode, useEffect, useState } from 'react';

export function Foldable({ title, opens = false, children }: { title: string; opens?: boolean; children: ReactNode }) {
  const [isOpen, setOpen] = useState(opens);
  const [wasOpen, setWasOpen] = useState(opens);
  useEffect(() => {
    if (opens) setOpen(true);
  }, [opens]);
  useEffect(() => {
    if (isOpen) setWasOpen(true);
  }, [isOpen]);
  return (
    <details
      open={isOpen}
      onToggle={({ target, currentTarget }) => {
        // React lets it bubble: one inside another says nothing of this one.
        if (target === currentTarget) setOpen(currentTarget.open);
      }}
    >
      <summary>{title}</summary>
      {wasOpen ? children : null}
    </details>
  );
}
