"""The EDI partner: X12 interchanges in an SFTP mailbox."""
