// A place in the page whose content is asked for when the reader comes near it: once, where it says what it is of, else again when other
// customers are shown.
(function () {
  function Later({ ask, of }) {
    const { createElement, useEffect, useRef } = window.React;
    const place = useRef(null);
    useEffect(() => {
      let asked = null;
      const near = new IntersectionObserver(
        (seen) => {
          const search = of ?? window.location.search;
          // Asked twice, charts would be taken away while they are drawn.
          if (asked === search || !seen.some((entry) => entry.isIntersecting)) return;
          asked = search;
          window.dash_clientside.set_props(ask, { data: search });
        },
        { rootMargin: "200px 0px" }
      );
      const look = () => {
        near.disconnect();
        near.observe(place.current);
      };
      look();
      document.addEventListener("narrowed", look);
      return () => {
        near.disconnect();
        document.removeEventListener("narrowed", look);
      };
    }, [ask, of]);
    return createElement("div", { ref: place });
  }

  window.clientele = { ...window.clientele, Later };
})();
