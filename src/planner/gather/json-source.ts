/**
 * A JSON column's text does not say what is in it: a DECIMAL looks like a double, a date like a string. So it goes together with the types of
 * all that is in it, in the order in which `**` comes upon them: of objects' members, and of arrays' elements.
 */

/** SQL for the text of a JSON array: the document's own type, those of members, those of elements, and the document as text. */
export function jsonSource(column: string): string {
  const typesAt = (path: string): string =>
    `(SELECT JSON_ARRAYAGG(JSON_TYPE(headgate_v)) FROM JSON_TABLE(${column}, '${path}' COLUMNS (headgate_v JSON PATH '$')) headgate_j)`;
  const text = `CAST(${column} AS CHAR CHARACTER SET utf8mb4)`;
  const parts = [`JSON_TYPE(${column})`, typesAt('$**.*'), typesAt('$**[*]'), text];
  return `IF(${column} IS NULL, NULL, CAST(JSON_ARRAY(${parts.join(', ')}) AS CHAR CHARACTER SET utf8mb4))`;
}
