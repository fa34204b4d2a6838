"""What a user writes: study files, both halves of the protocol, requested metrics, and messages about mistakes."""
