// A place that a link of the same page leads to: the reader is brought there once it says what the link asked for.
(function () {
  function Target({ place, says }) {
    window.React.useEffect(() => {
      if (window.location.hash !== `#${place}`) return;
      const element = document.getElementById(place);
      element.focus({ preventScroll: true });
      element.scrollIntoView();
    }, [place, says]);
    return null;
  }

  window.clientele = { ...window.clientele, Target };
})();
