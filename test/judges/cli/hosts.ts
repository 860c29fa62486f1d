/** The names under which the CLI for Microsoft 365 looks for Microsoft; it has no setting for others. */
export const microsoftHosts = ['login.microsoftonline.com', 'graph.microsoft.com', 'outlook.office365.com'];
