/** Advisory locks, by the first of their two numbers; any will do that nobody else uses in this database: the bytes of "ing". */
const SPACE = 0x696e6700;

/** Shared by whoever goes by an integration's bindings and mapping, exclusive for whoever changes them. The second number is the integration's. */
export const INTEGRATION_LOCK = SPACE + 1;
/** Whoever changes the schema. */
export const SCHEMA_LOCK = SPACE + 2;
