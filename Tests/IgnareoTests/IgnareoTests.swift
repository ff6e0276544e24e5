// Ignareo
