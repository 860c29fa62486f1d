/** A list without bullets and of full width, one below the other; each says its own gap. For `makeStyles`. */
export const plainList = {
  listStyleType: 'none',
  margin: 0,
  padding: 0,
  display: 'flex',
  flexDirection: 'column',
} as const;
