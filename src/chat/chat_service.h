/* chat_service.h - the chat service as main.c lists it. */
#ifndef PESAN_CHAT_CHAT_SERVICE_H
#define PESAN_CHAT_CHAT_SERVICE_H

#include "app/service.h"

extern const struct service chat_service;

#endif
