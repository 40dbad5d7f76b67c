/**
 * `scheme://user:password@`. Passwords that nobody escaped contain anything, so this reads up to the last
 * `@` of the line that is not behind the next URL, unless what follows the colon looks like a port. The
 * look-behind keeps long words from being tried at each letter.
 */
const URL_PASSWORD =
  /(?<![a-z0-9+.-])([a-z0-9+.-]+:\/\/)(?!\[)([^\s:]*):(?!\d{1,5}(?:[/?#,;:)\]'"][^\s@]*)?(?:\s|$))(?:(?![\s,;"'][a-z0-9+.-]+:\/\/)[^\n])*@/gi;

const URL_PARAMETER = /([?&](?:password|pass|secret|token|authToken|sslkey|key)=)[^&\s]*/gi;

/** As in a connection string of PostgreSQL: `host=db password='open sesame'`. */
const SETTING =
  /(\b(?:password|passwd|passphrase|secret)\s*=\s*)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s&,;]+)/gi;

/**
 * Hides passwords wherever they stand in a text: `redis://user:secret@host` becomes
 * `redis://user:***@host`. A user name stays, because it helps to find the mistake. Where it is unclear
 * how far a password reaches, too much is hidden rather than too little; only one that looks like a port
 * with a space behind it, as `123 abc`, is not seen.
 */
export function redact(text: string): string {
  return text.replace(URL_PASSWORD, '$1$2:***@').replace(URL_PARAMETER, '$1***').replace(SETTING, '$1***');
}
