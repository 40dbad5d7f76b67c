import { describe, expect, test } from 'vitest';
import { openDatabase, sqlitePath } from '../../../../src/backends/database/open.ts';

describe('URLs of databases', () => {
  test.each([
    ['sqlite:/a/b.db', '/a/b.db'],
    ['sqlite:///a/b.db', '/a/b.db'],
    ['sqlite:b.db', 'b.db'],
    ['sqlite::memory:', ':memory:'],
    ['file:/a/b.db', '/a/b.db'],
    ['file:///a/b%20c.db', '/a/b c.db'],
    ['sqlite:/a/b%20c.db', '/a/b%20c.db'],
    ['postgres://u@h/d', undefined],
    ['postgresql://u@h/d', undefined],
  ])('%s', (url, path) => {
    expect(sqlitePath(url)).toBe(path);
  });

  test.each(['redis://u:secret@h', 'sqlite:', 'sqlite://host/x', 'secret', 'file:'])(
    '%s is refused, and not repeated',
    (url) => {
      expect(() => sqlitePath(url)).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }));
      expect(() => sqlitePath(url)).not.toThrow(/secret/);
    },
  );

  test.each(['', 'a b', 'A', '1a', 'x; DROP TABLE y', 'a'.repeat(41), 'größe'])(
    'no table is called %j',
    async (table) => {
      await expect(openDatabase({ url: 'sqlite::memory:', table })).rejects.toMatchObject({
        code: 'BAD_CONFIG',
      });
    },
  );
});
