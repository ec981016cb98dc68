"""The demonstration: a potter's show, filmed by arithmetic, with a virtual host who publishes it over WHIP."""
