-- +goose Up

-- A nonce is of the authorization alone, and stands in its ID token.
ALTER TABLE grants DROP COLUMN nonce;
