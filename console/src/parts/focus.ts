/** Where the focus goes when what had it is gone: to the heading of the screen, and never to nowhere. */
export function focusHeading(): void {
  const { activeElement, body } = document;
  if (activeElement === null || activeElement === body) document.querySelector<HTMLElement>('h1[tabindex]')?.focus();
}
