"""What a room does with goods: the tray, claims, coupons, and selling from a replay."""
