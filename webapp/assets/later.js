// A place in the page whose content is asked for when the reader comes near it, and again when other customers are shown.
(function () {
  function Later({ ask }) {
    const { createElement, useEffect, useRef } = window.React;
    const place = useRef(null);
    useEffect(() => {
      let asked = false;
      const near = new IntersectionObserver(
        (seen) => {
          if (asked || !seen.some((entry) => entry.isIntersecting)) return;
          asked = true;
          window.dash_clientside.set_props(ask, { data: window.location.search });
        },
        { rootMargin: "200px 0px" }
      );
      const again = () => {
        asked = false;
        near.disconnect();
        near.observe(place.current);
      };
      again();
      document.addEventListener("narrowed", again);
      return () => {
        near.disconnect();
        document.removeEventListener("narrowed", again);
      };
    }, [ask]);
    return createElement("div", { ref: place });
  }

  window.clientele = { ...window.clientele, Later };
})();
