'use strict';
// Filters long tables and opens everything for print. Without it the page says the same.
for (const box of document.querySelectorAll('.rows.long')) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  const count = document.createElement('output');
  const rest = box.querySelector('details');
  input.type = 'search';
  label.className = 'filter';
  label.append('Filter ', input, ' ', count);
  box.prepend(label);
  const rows = Array.from(box.querySelectorAll('tbody tr'));
  input.addEventListener('input', function () {
    const wanted = input.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    if (wanted) rest.open = true;
    count.textContent = wanted ? shown + ' of ' + rows.length + ' rows' : '';
  });
}
let opened = [];
addEventListener('beforeprint', function () {
  opened = Array.from(document.querySelectorAll('details:not([open]):not(.aside)'));
  opened.forEach(function (details) { details.open = true; });
});
addEventListener('afterprint', function () {
  opened.forEach(function (details) { details.open = false; });
});
