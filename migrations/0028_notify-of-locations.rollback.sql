DROP TRIGGER locations_notify ON locations;
