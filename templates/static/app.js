/* What makes the pages nicer to use. Every page works without it. Written for
   old browsers: no modules, no arrow functions, no fetch. */
(function () {
  'use strict';

  if (!document.querySelectorAll || !window.addEventListener) {
    return;
  }
  document.documentElement.className += ' js';

  function each(selector, act) {
    var found = document.querySelectorAll(selector);
    for (var i = 0; i < found.length; i++) {
      act(found[i]);
    }
  }

  // count calls show(seconds left) every second, and done at zero. It measures
  // by the clock: a tab in the background runs its timers late.
  function count(seconds, show, done) {
    var end = new Date().getTime() + seconds * 1000;
    function tick() {
      var left = Math.ceil((end - new Date().getTime()) / 1000);
      if (left <= 0) {
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
  }

  // Wait notices count down.
  function countDown(notice) {
    var timer = notice.querySelector('strong');
    count(Number(notice.getAttribute('data-wait')), function (left) {
      var minutes = Math.floor(left / 60);
      var text = notice.getAttribute(minutes ? 'data-both' : 'data-seconds');
      timer.textContent = text.replace('{m}', minutes).replace('{s}', left % 60);
    }, function () {
      notice.textContent = notice.getAttribute('data-over');
      notice.setAttribute('role', 'status');
    });
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
    count(Number(button.getAttribute('data-again')), function (left) {
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
      var day = /^(\d{4})(-\d\d-\d\d)$/.exec(from.value);
      if (!term) {
        return;
      }
      to.readOnly = term.value === 'long';
      if (term.value === 'long') {
        to.value = '';
      } else if (day) {
        var year = Number(day[1]) + Number(term.value);
        var leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
        to.value = year + (day[2] === '-02-29' && !leap ? '-03-01' : day[2]);
      }
    }
    box.addEventListener('change', follow);
    from.addEventListener('change', follow);
  }

  // A form is sent once: a second press while the first is under way is dropped.
  function sendOnce(form) {
    var main = form.querySelector('[data-busy]');
    var label = main && main.textContent;
    var sent = false;
    function reset() {
      sent = false;
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
      window.setTimeout(reset, 8000);
    });
    window.addEventListener('pageshow', reset);
  }

  each('[data-wait]', countDown);
  each('.secret', addEye);
  each('.again[data-src]', refreshCaptcha);
  each('.spoken', playSpoken);
  each('#send-sms[data-again]', restSending);
  each('textarea[data-max]', countCharacters);
  each('[data-from][data-to]', followTerm);
  each('form[method="post"]', sendOnce);
  focusRefusal();
})();
