// All that the page in between does while a new version takes over (see service_worker.js). By a
// script, as a `Refresh` header would only jump to the address's own #part.

location.reload();
