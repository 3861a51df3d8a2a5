(function () {
  'use strict';
  // The button's id is "submit", so form.submit is the button: call the method
  // of the prototype.
  HTMLFormElement.prototype.submit.call(document.getElementById('form-post'));
})();
