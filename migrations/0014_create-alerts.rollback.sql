DROP TABLE webhooks;
DROP TABLE alert_attempts;
DROP TABLE alerts;
