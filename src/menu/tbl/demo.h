/* demo.h - what the demo shop sells.
 * DEMO_CATEGORY(NAME, id, name)
 * DEMO_PRODUCT(NAME, id, name, icon, price in whole rupiah, CATEGORY, CHOICES (menu_service.c), description) */
DEMO_CATEGORY(COFFEE, "0198c0de-0000-7000-8000-000000000201", "Kopi")
DEMO_CATEGORY(TEA, "0198c0de-0000-7000-8000-000000000202", "Teh")
DEMO_CATEGORY(COLD, "0198c0de-0000-7000-8000-000000000203", "Minuman dingin")

DEMO_PRODUCT(COLA, "ce33fb74-ba55-40c6-99d7-47bef4cd785e", "Cola", "/icons/cola.svg", 7000, COLD, NONE, "Kaleng 330 ml")
DEMO_PRODUCT(LEMON, "4bdfb8e9-2eb7-4db4-9738-a9be7962055f", "Lemon", "/icons/lemon.svg", 10000, COLD, NONE, "Air lemon segar")
DEMO_PRODUCT(KOPI_SUSU, "0198c0de-0000-7000-8000-000000000101", "Kopi Susu", "/icons/kopi-susu.svg", 18000, COFFEE, DRINK, "Espreso, susu segar, gula aren")
DEMO_PRODUCT(MATCHA, "0198c0de-0000-7000-8000-000000000102", "Matcha", "/icons/matcha.svg", 22000, TEA, DRINK, "Teh hijau bubuk dengan susu")
DEMO_PRODUCT(TEH_TARIK, "0198c0de-0000-7000-8000-000000000103", "Teh Tarik", "/icons/tea.svg", 12000, TEA, DRINK, "Teh hitam dengan susu kental")
DEMO_PRODUCT(JUS_JERUK, "0198c0de-0000-7000-8000-000000000104", "Jus Jeruk", "/icons/juice.svg", 15000, COLD, NONE, "Jeruk peras")
