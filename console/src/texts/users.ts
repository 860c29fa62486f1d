/** Users: texts. */
export const usersTexts = {
  users: {
    title: 'Users',
    add: 'Add a user',
    name: 'Name',
    role: 'Role',
    submit: 'Add and make a link',
    columns: { name: 'Name', role: 'Role', seen: 'Last seen', sessions: 'Sessions', actions: 'Actions' },
    never: 'never',
    noPassword: 'has not used the link yet',
    disabled: 'kept out',
    roleOf: (name: string) => `Role of ${name}`,
    ofEntra: 'signs in with Entra, which says the role',
    resetFactor: 'Reset second factor',
    disable: 'Keep out',
    enable: 'Let in again',
    invite: 'New link',
    signOut: 'Sign out everywhere',
    actionsOf: (action: string, name: string) => `${action}: ${name}`,
    link: 'One-time link, good for a day. It is shown only now; hand it over in person.',
  },
} as const;
