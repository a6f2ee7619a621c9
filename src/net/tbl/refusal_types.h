/* refusal_types.h - what net's own refusals are called and how they are said to people; one for each
 * status of refusals.h. The names and messages are those of the house's table of problems, which a
 * test holds them to.
 *
 * REFUSAL_TYPE(status, slug, message) */
REFUSAL_TYPE(400, "bad-request", "The request could not be read.")
REFUSAL_TYPE(408, "too-slow", "The request took too long.")
REFUSAL_TYPE(413, "too-large", "This is too much at once.")
REFUSAL_TYPE(414, "target-too-long", "The address is too long.")
REFUSAL_TYPE(417, "expectation-failed", "The request could not be read.")
REFUSAL_TYPE(426, "upgrade-required", "Open this with a WebSocket.")
REFUSAL_TYPE(431, "head-too-large", "The request is too large.")
REFUSAL_TYPE(505, "http-version", "The request could not be read.")
