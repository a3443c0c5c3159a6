export const PLACES = [
  'Aberdeen',
  'Bergen',
  'Cádiz',
  'Düsseldorf',
  'Espoo',
  'Gdańsk',
  'Hull',
  'Izmir',
  'Lyon',
  'Malmö',
  'Osaka',
  'Porto',
  '上海',
  'عمّان',
];
export const WHAT = [
  'Harbour',
  "O'Brien",
  'Northern',
  'Müller & Söhne',
  'Blue "Star"',
  'Atlas',
  'Kestrel',
  'Three Rivers',
  'Łódź',
  'Sato 佐藤',
  '50% Less',
  'A+B',
  'Al-Noor',
  'Granite',
];
export const TRADES = [
  'Supplies',
  'Shipping',
  'Foods',
  'Optics',
  'Timber',
  'Instruments',
  'Textiles',
  'Energy',
  'Printing',
  'Logistics',
];
export const FIRST_NAMES = ['Ada', 'Björn', 'Chiara', 'Dmitri', 'Elif', 'Femi', 'Grace', 'Hana', 'Ingrid', "D'Arcy"];
export const LAST_NAMES = [
  'Adeyemi',
  'Brandt',
  'Costa',
  "O'Neill",
  'Eriksen',
  'Fournier',
  'García',
  'Hansen',
  'Ito',
  'van der Berg',
];
export const TITLES = ['Buyer', 'Head of Purchasing', 'Accountant', 'Site Manager', ''];
export const COMPLAINTS = [
  'Invoice differs from order',
  'Delivery is late',
  'Address has changed',
  'Wrong item received',
  'Needs a new contact',
];
export const PRODUCTS = ['Crane, 5 t', 'Lens 50 mm "Pro"', 'Rope (coil)', 'Timber frame', 'Valve #4'];
export const ERRANDS = ['Call back', 'Send the forms', 'Check the invoice', 'Visit on site', 'Ask the warehouse'];
