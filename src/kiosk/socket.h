/* socket.h - the kiosk's socket at /ws, for kiosk_service.c. */
#ifndef PESAN_KIOSK_SOCKET_H
#define PESAN_KIOSK_SOCKET_H

#include "app/service.h"

/* For struct socket_kind. */
bool kiosk_admit(struct request *rq, struct socket_admission *a);
void kiosk_snapshot(struct request *rq, struct db *db, int64_t head);
bool kiosk_render(const struct event *e, struct buf *out);

#define KIOSK_COMMANDS 5

extern const struct socket_command kiosk_commands[KIOSK_COMMANDS];

#endif
