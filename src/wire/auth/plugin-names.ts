/** Names of the authentication plugins that Headgate speaks, on both sides. */
export const nativePassword = 'mysql_native_password';
export const cachingSha2Password = 'caching_sha2_password';

export type AuthPlugin = typeof nativePassword | typeof cachingSha2Password;
