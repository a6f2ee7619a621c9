/* roles.h - who people and things are. ROLE(NAME, word in the token) */
ROLE(ADMIN, "admin")
ROLE(OWNER, "owner")
ROLE(MANAGER, "manager")
ROLE(BARISTA, "barista")
ROLE(COURIER, "courier")
ROLE(CUSTOMER, "customer")
ROLE(KIOSK, "kiosk")
ROLE(SERVICE, "service")
