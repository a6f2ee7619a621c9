/* conn_states.h - the life of a connection.
 *
 * CONN_STATE(NAME, milliseconds it may stay so, what happens then)
 * The wait is an expression over `s`, the server; 0 waits for ever. An event that counts as a sign
 * of life enters the state anew. */

/* clang-format off */
CONN_STATE(IDLE,    s->config.idle_ms,  conn_end)      /* HTTP, no request has begun */
CONN_STATE(HEAD,    s->config.head_ms,  serve_slow)    /* a request head has begun */
CONN_STATE(BODY,    s->config.body_ms,  serve_slow)    /* its body is being read */
CONN_STATE(WORK,    0,                  conn_end)      /* the house above has the request */
CONN_STATE(LEAVING, 0,                  conn_end)      /* the request is another loop's */
CONN_STATE(OPEN,    s->config.ping_ms,  socket_ping)   /* a WebSocket */
CONN_STATE(PINGED,  s->config.ping_ms,  socket_silent) /* a WebSocket that must give a sign of life */
CONN_STATE(STREAM,  s->config.stream_ms, stream_beat)  /* an answer goes on; entered anew when it does */
CONN_STATE(BYE,     BYE_MS,             conn_end)      /* our Close is sent, the peer's is due */
CONN_STATE(CLOSING, 0,                  conn_end)      /* what is queued is the last we say */
CONN_STATE(LINGER,  LINGER_MS,          conn_end)      /* all is said; the peer may read it and end */
CONN_STATE(STUCK,   s->config.write_ms, conn_end)      /* list only: the peer takes nothing */
/* clang-format on */
