const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)([^/@\s]*)@/gi;
const SECRET_PARAMETERS = /([?&](?:password|pass|secret|token|authToken|sslkey|key)=)[^&\s]*/gi;

/**
 * Hides passwords in URLs wherever they stand in a text: `redis://user:secret@host` becomes
 * `redis://user:***@host`. A user name stays, because it helps to find the mistake.
 */
export function redact(text: string): string {
  return text
    .replace(URL_CREDENTIALS, (_match, scheme: string, credentials: string) => {
      const colon = credentials.indexOf(':');
      if (colon < 0) return `${scheme}${credentials}@`;
      return `${scheme}${credentials.slice(0, colon)}:***@`;
    })
    .replace(SECRET_PARAMETERS, '$1***');
}
