/** Numbers of MySQL's errors that decide what the router does next. */
export const ERRNO_TOO_MANY_STATEMENTS = 1461;
