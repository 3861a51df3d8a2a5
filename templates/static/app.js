/* What makes the pages nicer to use. Every page works without it. Written for
   old browsers: no modules, no arrow functions, no fetch. */
(function () {
  'use strict';

  if (!document.querySelectorAll || !window.addEventListener) {
    return;
  }
  document.documentElement.className += ' js';

  function each(root, selector, act) {
    var found = root.querySelectorAll(selector);
    for (var i = 0; i < found.length; i++) {
      act(found[i]);
    }
  }

  function inside(node) { return document.documentElement.contains(node); }

  // count calls show(seconds left) every second, and done at zero, for as long as
  // the node is in the page. It measures by the clock: a tab in the background
  // runs its timers late.
  function count(node, seconds, show, done) {
    var end = new Date().getTime() + seconds * 1000;
    function tick() {
      var left = Math.ceil((end - new Date().getTime()) / 1000);
      if (!inside(node)) {
        window.clearInterval(timer);
      } else if (left <= 0) {
        window.clearInterval(timer);
        done();
      } else {
        show(left);
      }
    }
    var timer = window.setInterval(tick, 500);
    tick();
  }

  // The first field that is wrong, else the reason why the form was refused.
  function focusRefusal() {
    var first = document.querySelector('.wrong input, .wrong select, .wrong textarea') || document.getElementById('summary');
    if (first) {
      first.focus();
    }
    return first;
  }

  // inWords writes what is left of a time, as the notice words it.
  function inWords(notice, left) {
    var minutes = Math.floor(left / 60);
    var text = notice.getAttribute(minutes ? 'data-both' : 'data-seconds');
    return text.replace('{m}', minutes).replace('{s}', left % 60);
  }

  // Wait notices count down.
  function countDown(notice) {
    var timer = notice.querySelector('strong');
    count(notice, Number(notice.getAttribute('data-wait')), function (left) {
      timer.textContent = inWords(notice, left);
    }, function () {
      notice.textContent = notice.getAttribute('data-over');
      notice.setAttribute('role', 'status');
    });
  }

  // How long a code still lives. Nobody needs that read aloud every second.
  function countLife(notice) {
    var timer = notice.querySelector('span');
    count(notice, Number(notice.getAttribute('data-left')), function (left) {
      timer.textContent = inWords(notice, left);
    }, function () { notice.textContent = ''; });
  }

  function eye(open) {
    var space = 'http://www.w3.org/2000/svg';
    var svg = document.createElementNS(space, 'svg');
    var lines = ['M2 12c2.5-4.3 5.9-6.5 10-6.500s7.5 2.2 10 6.500c-2.5 4.3-5.9 6.5-10 6.500S4.5 16.3 2 12z', 'M12 9a3 3 0 1 0 0 6 3 3 0 1 0 0-6z'];
    if (!open) {
      lines.push('M4 4l16 16');
    }
    svg.setAttribute('class', 'icon');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('focusable', 'false');
    for (var i = 0; i < lines.length; i++) {
      var path = document.createElementNS(space, 'path');
      path.setAttribute('d', lines[i]);
      svg.appendChild(path);
    }
    return svg;
  }

  // Password fields get a button that shows what was typed.
  function addEye(box) {
    var input = box.querySelector('input');
    var button = document.createElement('button');
    button.type = 'button';
    button.className = 'eye';
    function set(shown) {
      var label = box.getAttribute(shown ? 'data-hide' : 'data-show');
      input.type = shown ? 'text' : 'password';
      button.setAttribute('aria-label', label);
      button.title = label;
      while (button.firstChild) {
        button.removeChild(button.firstChild);
      }
      button.appendChild(eye(!shown));
    }
    button.addEventListener('click', function () {
      set(input.type === 'password');
      input.focus();
    });
    // Browsers remember what was typed into text fields, not passwords.
    if (input.form) {
      input.form.addEventListener('submit', function () { set(false); });
    }
    set(false);
    box.appendChild(button);
  }

  // A new picture without sending the form, where the server offers it.
  function refreshCaptcha(button) {
    var box = button.parentNode;
    while (!/(^| )field( |$)/.test(box.className)) {
      box = box.parentNode;
    }
    var image = box.querySelector('.captcha-image');
    var input = box.querySelector('input[name="captcha"]');
    var audio = box.querySelector('audio');
    var spoken = audio && audio.getAttribute('src');
    button.addEventListener('click', function (event) {
      var fresh = new Date().getTime();
      event.preventDefault();
      image.src = button.getAttribute('data-src') + fresh;
      if (audio) {
        audio.src = spoken + (spoken.indexOf('?') < 0 ? '?' : '&') + 'v=' + fresh;
      }
      input.value = '';
      input.focus();
    });
    image.addEventListener('click', function () { button.click(); });
  }

  // Opening the spoken code plays it.
  function playSpoken(box) {
    box.addEventListener('toggle', function () {
      var audio = box.querySelector('audio');
      var playing = box.open && audio.play && audio.play();
      if (playing && playing.catch) {
        playing.catch(function () { /* the person presses play */ });
      }
    });
  }

  // The button that sends a short message rests between two of them.
  function restSending(button) {
    var label = button.textContent;
    var text = button.getAttribute('data-again-text');
    button.disabled = true;
    count(button, Number(button.getAttribute('data-again')), function (left) {
      button.textContent = text.replace('{s}', left);
    }, function () {
      button.disabled = false;
      button.textContent = label;
    });
  }

  function countCharacters(area) {
    var counter = area.parentNode.querySelector('.counter');
    var max = area.getAttribute('data-max');
    function show() { counter.textContent = area.value.length + '/' + max; }
    area.addEventListener('input', show);
    show();
  }

  // The end of a document's term follows from its start: 5, 10, 20 years, or none.
  function followTerm(box) {
    var from = document.getElementById(box.getAttribute('data-from'));
    var to = document.getElementById(box.getAttribute('data-to'));
    function follow() {
      var term = box.querySelector('input[type="radio"]:checked');
      var day = /^([1-9]\d{3})(-\d\d-\d\d)$/.exec(from.value); // not while a year is half typed
      if (!term) {
        return;
      }
      to.readOnly = term.value === 'long';
      if (term.value === 'long') {
        to.value = '';
      } else if (day) {
        var year = Number(day[1]) + Number(term.value);
        var leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
        to.value = year + (day[2] === '-02-29' && !leap ? '-02-28' : day[2]);
      }
    }
    box.addEventListener('change', follow);
    from.addEventListener('change', follow);
  }

  // The words for whoever stands at the head of an organisation follow its type.
  function followType(select) {
    function follow() {
      var chosen = select.options[select.selectedIndex];
      var role = Number(chosen.getAttribute('data-role'));
      each(document, '[data-roles]', function (node) {
        node.textContent = node.getAttribute('data-roles').split('|')[role];
      });
      each(document, '[data-roles-placeholder]', function (input) {
        input.placeholder = input.getAttribute('data-roles-placeholder').split('|')[role];
      });
    }
    select.addEventListener('change', follow);
    follow(); // a browser that goes back restores the choice, not the words
  }

  // A form is sent once: a second press while the first is under way is dropped.
  // One that takes long says that it is under way.
  function sendOnce(form) {
    var main = form.querySelector('[data-busy]');
    var label = main && main.textContent;
    var sent = false;
    var slow;
    function reset() {
      sent = false;
      window.clearTimeout(slow);
      if (main) {
        main.textContent = label;
        main.removeAttribute('aria-disabled');
      }
    }
    form.addEventListener('submit', function (event) {
      if (sent) {
        event.preventDefault();
        return;
      }
      sent = true;
      // Another button of the form is not what the busy text is about.
      if (main && (!event.submitter || !event.submitter.name)) {
        main.textContent = main.getAttribute('data-busy');
        main.setAttribute('aria-disabled', 'true');
      }
      slow = window.setTimeout(reset, 8000);
    });
    window.addEventListener('pageshow', reset);
  }

  // announce says something to those who do not see the page change.
  function announce(text) {
    var box = document.getElementById('announcer');
    if (!box) {
      box = document.createElement('div');
      box.id = 'announcer';
      box.className = 'hidden';
      box.setAttribute('role', 'status');
      document.body.appendChild(box);
    }
    box.textContent = '';
    window.setTimeout(function () { box.textContent = text; }, 100);
  }

  // request asks the server, and gives its answer as a page, or nothing at all.
  function request(method, address, body, done) {
    var asked = new XMLHttpRequest();
    asked.open(method, address);
    asked.timeout = 30000;
    if (body) {
      asked.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    }
    asked.onload = function () { done(asked); };
    asked.onerror = asked.ontimeout = function () { done(null); };
    asked.send(body);
  }

  // pageIn reads a page out of an answer, if it is one of ours.
  function pageIn(answer) {
    var page = answer && window.DOMParser && new DOMParser().parseFromString(answer.responseText, 'text/html');
    return page && page.querySelector('main[id^="page-"]') ? page : null;
  }

  // swap shows what another answer of ours holds in the place of the page's main
  // part, and keeps its address for a reload.
  function swap(page, address) {
    var old = document.querySelector('main');
    var fresh = document.importNode(page.querySelector('main'), true);
    each(fresh, 'noscript', function (node) { node.parentNode.removeChild(node); });
    var focused = old.contains(document.activeElement);
    old.parentNode.replaceChild(fresh, old);
    if (focused) {
      fresh.focus({preventScroll: true});
    }
    document.title = page.title;
    if (address && window.history.replaceState && address.indexOf(window.location.origin) === 0) {
      window.history.replaceState(null, '', address);
    }
    enhance(fresh);
    each(fresh, '[data-announce]', function (node) { announce(node.textContent); });
    return fresh;
  }

  function typed(form) { return form.querySelectorAll('input, select, textarea'); }

  // encode is the form as its button would send it.
  function encode(form, button) {
    var fields = typed(form);
    var pairs = [];
    function add(name, value) { pairs.push(encodeURIComponent(name) + '=' + encodeURIComponent(value)); }
    for (var i = 0; i < fields.length; i++) {
      var choice = fields[i].type === 'checkbox' || fields[i].type === 'radio';
      if (fields[i].name && !fields[i].disabled && (!choice || fields[i].checked)) {
        add(fields[i].name, fields[i].value);
      }
    }
    add(button.name, button.value);
    return pairs.join('&');
  }

  // refill puts into a fresh form what was typed into the old one: passwords too,
  // which the server does not send back.
  function refill(fresh, old) {
    var fields = typed(old);
    for (var i = 0; i < fields.length; i++) {
      var field = fields[i];
      if (!field.name || field.type === 'hidden' || field.name === 'captcha') {
        continue;
      }
      var same = fresh.querySelectorAll('[name="' + field.name + '"]');
      for (var j = 0; j < same.length; j++) {
        if (field.type !== 'checkbox' && field.type !== 'radio') {
          same[j].value = field.value;
        } else if (same[j].value === field.value) {
          same[j].checked = field.checked;
        }
      }
    }
  }

  // A button that comes back to its own form, as the one that sends a code does:
  // nothing that was typed is lost on the way.
  function stay(button) {
    var form = button.form;
    button.addEventListener('click', function (event) {
      event.preventDefault();
      if (button.getAttribute('aria-disabled')) {
        return;
      }
      button.setAttribute('aria-disabled', 'true');
      request('POST', form.getAttribute('action'), encode(form, button), function (answer) {
        var page = pageIn(answer);
        if (!page) { // the plain way
          var action = document.createElement('input');
          action.type = 'hidden';
          action.name = button.name;
          action.value = button.value;
          form.appendChild(action);
          // A button with the id submit hides the form's own function.
          HTMLFormElement.prototype.submit.call(form);
          return;
        }
        var target = button.getAttribute('data-stay');
        var fresh = swap(page, answer.status === 200 && answer.responseURL);
        var again = fresh.querySelector('form[action="' + form.getAttribute('action') + '"]');
        if (again) {
          refill(again, form);
          each(again, '[data-roles-follow]', followType);
        }
        if (!focusRefusal() && document.getElementById(target)) {
          document.getElementById(target).focus();
        }
      });
    });
  }

  // A face check is waited for: another state is another page, and a passed check
  // goes on by itself.
  function poll(box) {
    var now = box.getAttribute('data-now');
    function next() { window.setTimeout(ask, 2000); }
    function ask() {
      if (!inside(box)) {
        return;
      }
      request('GET', box.getAttribute('data-poll'), null, function (answer) {
        var state = answer && answer.status === 200 && /"state"\s*:\s*"([a-z]+)"/.exec(answer.responseText);
        if (!inside(box)) {
          return;
        }
        if (state && state[1] === 'passed') {
          go(box);
        } else if (state ? state[1] !== now : answer && answer.status >= 400 && answer.status < 429) {
          show();
        } else {
          next();
        }
      });
    }
    function show() {
      request('GET', box.getAttribute('data-self'), null, function (answer) {
        var page = pageIn(answer);
        if (page && inside(box)) {
          swap(page);
          focusRefusal();
        } else {
          next();
        }
      });
    }
    next();
  }

  function go(box) {
    var main = box.querySelector('#submit');
    if (main) {
      main.click();
    }
  }

  function enhance(root) {
    each(root, '[data-wait]', countDown);
    each(root, '[data-left]', countLife);
    each(root, '.secret', addEye);
    each(root, '.again[data-src]', refreshCaptcha);
    each(root, '.spoken', playSpoken);
    each(root, '#send-sms[data-again]', restSending);
    each(root, 'textarea[data-max]', countCharacters);
    each(root, '[data-from][data-to]', followTerm);
    each(root, '[data-roles-follow]', followType);
    each(root, '[data-stay]', stay);
    each(root, 'form[method="post"]', sendOnce);
    each(root, '[data-poll]', poll);
    each(root, '[data-go]', go);
  }

  enhance(document);
  focusRefusal();
})();
