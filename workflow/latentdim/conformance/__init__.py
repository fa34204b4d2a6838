"""What every registered method, dataset and metric must satisfy; each check yields sentences about what fails."""
