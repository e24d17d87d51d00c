/* The shop's own script: basket, filters, colours, and the guides, whose tabs change the address without a load. */
const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });
const KEY = 'fernweh-basket';
const SAMPLE = [
  { id: 'pack', name: 'Tarn 30 day pack', price: 129, count: 1 },
  { id: 'bottle', name: 'Spring bottle 0.75 l', price: 24, count: 2 },
];

function readBasket() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? SAMPLE;
  } catch {
    return SAMPLE;
  }
}

function writeBasket(items) {
  try {
    localStorage.setItem(KEY, JSON.stringify(items));
  } catch {
    // A private window keeps its basket for this page only.
  }
  showBasket(items);
}

function showBasket(items) {
  const count = items.reduce((sum, item) => sum + item.count, 0);
  for (const badge of document.querySelectorAll('.basket-link span')) badge.textContent = count;
  const list = document.querySelector('#basket-items');
  if (!list) return;
  list.replaceChildren(...items.map(itemRow));
  if (items.length === 0) list.textContent = 'Your basket is empty. The catalogue is a good place to change that.';
  const goods = items.reduce((sum, item) => sum + item.count * item.price, 0);
  const delivery = Number(document.querySelector('input[name="delivery"]:checked')?.dataset.price ?? 0);
  document.querySelector('#sum-goods').textContent = money.format(goods);
  document.querySelector('#sum-delivery').textContent = delivery ? money.format(delivery) : 'free';
  document.querySelector('#sum-total').textContent = money.format(goods + delivery);
}

function itemRow(item) {
  const row = document.querySelector('#item-row').content.cloneNode(true);
  row.querySelector('use').setAttribute('href', `/pictures.svg#${item.id}`);
  row.querySelector('h3').textContent = item.name;
  row.querySelector('output').textContent = item.count;
  row.querySelector('.price').textContent = money.format(item.price * item.count);
  const change = (by) => () => {
    const items = readBasket().map((each) => (each.id === item.id ? { ...each, count: each.count + by } : each));
    writeBasket(items.filter((each) => each.count > 0));
  };
  const [less, more] = row.querySelectorAll('.quantity button');
  less.setAttribute('aria-label', `One ${item.name} less`);
  more.setAttribute('aria-label', `One ${item.name} more`);
  less.addEventListener('click', change(-1));
  more.addEventListener('click', change(1));
  return row;
}

function addToBasket({ id, name, price }) {
  const items = readBasket();
  const known = items.find((item) => item.id === id);
  writeBasket(
    known
      ? items.map((item) => (item === known ? { ...item, count: item.count + 1 } : item))
      : [...items, { id, name, price: Number(price), count: 1 }],
  );
}

/** Swaps a guide in place and names it in the address; without a script the tabs are plain links. */
async function showGuide(href, push) {
  const answer = await fetch(href);
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (push) history.pushState({}, '', href);
  document.title = next.title;
  for (const part of ['.tabs', '#guide']) document.querySelector(part).replaceWith(next.querySelector(part));
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button, .tabs a');
  if (!button) return;
  if (button.dataset.add) {
    addToBasket({ id: button.dataset.add, name: button.dataset.name, price: button.dataset.price });
    const label = button.textContent;
    button.textContent = 'Added ✓';
    setTimeout(() => (button.textContent = label), 1200);
  } else if (button.dataset.filter) {
    for (const other of button.parentElement.children) other.setAttribute('aria-pressed', String(other === button));
    for (const card of document.querySelectorAll('.product')) card.hidden = !['all', card.dataset.kind].includes(button.dataset.filter);
    for (const card of document.querySelectorAll('.product')) card.style.display = card.hidden ? 'none' : '';
  } else if (button.dataset.colour) {
    for (const other of button.parentElement.children) other.setAttribute('aria-pressed', String(other === button));
    document.querySelector('.stage').className = `stage ${button.dataset.colour}`;
    document.querySelector('#colour-name').textContent = button.title;
  } else if (button.closest('.tabs')) {
    event.preventDefault();
    showGuide(button.href, true);
  }
});

document.addEventListener('change', (event) => {
  if (event.target.name === 'delivery') showBasket(readBasket());
});

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const done = event.target.querySelector('.done');
  if (done) done.hidden = false;
  if (event.target.id === 'checkout') writeBasket([]);
});

if (document.querySelector('#guide')) addEventListener('popstate', () => showGuide(location.href, false));
showBasket(readBasket());
