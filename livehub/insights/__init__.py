"""What a merchant sees of a show: viewers, units and money by minute, and how far people came with each product."""
